"""Rows to domain objects and back, one function per question asked (問合せ).

- accounts: users, their sessions, the login throttle (利用者・ログイン)
"""
