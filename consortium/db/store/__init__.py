"""Rows to domain objects and back, one function per question asked (問合せ).

- accounts: users, their sessions, the login throttle (利用者・ログイン)
- members: municipalities, stays, services, who uses what (構成団体・サービス利用)
- costs: cost categories and items (経費区分・費目)
- bases: basis values by edition, and what rests on an edition (算定基礎)
- rules: sharing rules with their versions (負担ルール)
- funding, terms, dampening: grants, terms with build costs, bounds on change; agreement: all that a
  run rests on (協定の定め)
- cases: what-if cases that officers keep (算定ケース)
- settings: the consortium and what is set for it (設定)
"""
