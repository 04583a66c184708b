"""Rows to domain objects and back, one function per question asked (問合せ).

- accounts: users, their sessions, the login throttle (利用者・ログイン)
- members: municipalities, stays, services, who uses what (構成団体・サービス利用)
- costs: cost categories and items (経費区分・費目)
- rules: basis values, sharing rules with their versions (算定基礎・負担ルール)
- settings: the consortium and what is set for it (設定)
"""
