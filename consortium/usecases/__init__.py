"""What an officer does, one function each, in one unit of work (業務手続き).

- viewer: who looks at a page or acts on it (閲覧者)
- accounts: users, passwords, logins, sessions (利用者・ログイン)
"""
