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
- plan_sheets: 工程表 out and back in
- closed_days, year_plan, year_start: 閉庁日, 年間予定, 年度開始; step_links: the screen that does
  a step
- stage_templates, council_sessions: 工程雛形 and 繁忙期, 議会会期・総会; plan_cautions: 注意 on the
  page of a plan
- plans, plan_making, plan_forms, plan_parts: 加入工程: one plan, making one, its forms and the
  parts of its page; plan_records, plan_record_forms: 議決, 予算措置, 契約 and the like around it
- plan_changes, plan_change_form: 遅延の影響 and confirming it; plan_comparing: 基準計画の比較,
  同じ議会に乗せる
- schedules, schedule_editing, schedule_forms: 配信予定, and entering them
- standardisation, standard_cells, standard_imports: 標準化, one 業務 of a town, 公表資料の取込み
- fields, rights: fields that read what officers type; which buttons a page offers
"""
