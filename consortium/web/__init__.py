"""The portal's pages (画面): parse, one use case, render.

- access, policy.yaml: who may do what; `@guarded` (権限)
- context: who asks, when, under which request id
- security: host list, response headers, request id, proxy
- failures: every refusal becomes a page in Japanese (エラー画面)
- logged_in: the cookie and the session table meet (ログイン状態)
- navigation: the menu and the frame of each page (メニュー)
- forms, converters: the base of forms, the typed parts of URLs
- redirects: where a login may lead
- assets: style sheets and pictures
- filters, svg: how amounts, dates and pictures are written
- styleguide: every component on one page, in development (見本帳)
- accounts: login, logout, one's own password (利用者)
- members, costs, bases, rules, settings: the pages of 登録 and 設定
- fields, rights: fields that read what officers type; which buttons a page offers
"""
