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
- runs, explaining, comparing: 算定, why a cell is what it is, two runs beside each other
- accounts: login, logout, one's own password (利用者)
- members, costs, bases, rules, settings: the pages of 登録 and 設定
- registration: the one workbook that sets a consortium up (一括登録)
- instalments, payments, payment_imports, settlements: 納付計画, 納付・精算, 収納の取込み, 精算
- funding, terms, dampening: 補助金・財源措置, 利用期・共同構築費, 激変緩和; records: the pages of
  one record (協定の定め)
- basis_forms: the form of an edition of basis values, with its grid (算定基礎の版)
- simulator, simulator_form, simulated_page: conditions and result of a simulation; simulator_cases,
  simulator_case_forms: case files opened, kept, handed on (シミュレーター)
- invoices, exchange, usage: 請求書, 為替レート, 従量; checking: shown first, then saved
- notices, archives: 納入依頼・督促, 年度アーカイブ
- cost_forms: the forms of a cost item, one for each way to enter its amount
- base_rounds, base_figures, figure_form: 基礎数値の提出 of the lead city and of a town
- questions, asking: 質疑, and the questions shown beside an amount
- closed_days, year_plan, year_start: 閉庁日, 年間予定, 年度開始; step_links: the screen that does
  a step
- schedules, schedule_editing, schedule_forms: 配信予定, and entering them
- fields, rights: fields that read what officers type; which buttons a page offers
"""
