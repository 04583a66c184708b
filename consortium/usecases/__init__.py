"""What an officer does, one function each, in one unit of work (業務手続き).

- viewer: who looks at a page or acts on it (閲覧者)
- accounts: users, passwords, logins, sessions (利用者・ログイン)
- members: who belongs since when, joining, leaving (構成団体)
- costs, cost_items: the costs of a year and stage; adding, changing, deleting, copying (費用)
- bases, rules: what is in force today, since when, from which source (算定基礎・負担ルール)
- funding, terms, dampening: 補助金・財源措置, 利用期・共同構築費, 激変緩和 (協定の定め)
- basis_editions: registering, correcting, withdrawing editions of basis values (算定基礎の版);
  passed_over: rules that name other figures than a round made (使われない版)
- closings: the door that every change of a fiscal year goes through; year_closing: the steps of
  its lock (締め・再開)
- calendars: closed days, filled from the one package that knows the holidays (閉庁日)
- year_plan, year_facts, year_start: the steps of a year, what happened in it, its beginning
  (年間予定・年度開始); town_duties: what a town has to do (自団体)
- instalments, payments, payment_import, overdue, settlements: 納付計画, 収納とその取込み, 期限超過,
  精算
- notices, reminders, archives: 納入依頼, 督促, 年度アーカイブ; ordering: what they are ordered and
  made by; statement_facts: the amount before and the 精算書 of a statement
- downloads: stored files, their データ as CSV, a whole issue as a zip (帳票の受取・一式)
- printing: a PDF of something issued (文書のPDF)
- base_rounds, base_figures: asking for base figures, handing them in; figure_files: the form of it
  as a workbook (基礎数値の提出・様式)
- settings: what the lead_admin sets (設定)
- simulator: what a simulation starts from; simulation, simulated: its conditions and its result;
  simulation_files: it as a case file and back; national: the list of all towns (シミュレーター)
- stage_templates, council_sessions, busy_periods: 工程雛形, 議会会期・総会, 繁忙期; plan_effects:
  the plans that a changed calendar moves; plan_cautions: what a plan runs into (注意)
- plan_calendars: the open days and sessions a plan is scheduled by; plan_trial: a plan tried out
  without an office (工程の暦・工程の試算)
- plan_sheets: plans as a workbook out and back in; plan_days: their days for a calendar (工程表)
- saved_cases: cases that officers keep (算定ケースの保存)
- seed: the sample consortium (見本の登録)
"""
