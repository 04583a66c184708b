"""What an officer does, one function each, in one unit of work (業務手続き).

- viewer: who looks at a page or acts on it (閲覧者)
- accounts: users, passwords, logins, sessions (利用者・ログイン)
- members: who belongs since when, joining, leaving (構成団体)
- costs, cost_items: the costs of a year and stage; adding, changing, deleting, copying (費用)
- bases, rules: what is in force today, since when, from which source (算定基礎・負担ルール)
- settings: what the lead_admin sets (設定)
- seed: the sample consortium (見本の登録)
"""
