"""加入工程: how a town joins, what has to happen by when (主題の目次).

- plan.py: the words of a plan: kinds, states, which step may follow which (工程・作業の状態)
- template.py: stage templates, read from a table of texts (工程雛形)
- gates.py: which councils vote and what follows, by the legal form (関門)
- golive.py: warnings about the day of going live and busy weeks (本稼働日の注意・繁忙期)
- network.py: what the scheduler takes and gives: tasks, links, calendars, windows (工程網)
- schedule.py: both passes over working days with council windows (日程計算)
- jobs.py, workdays.py, task_order.py, schedule_findings.py: a task while it is computed, counting
  open days, the order and the refusals, what an officer has to know (計算の部品)
- holding.py: whether given dates hold together: links, windows, first days (日付の整合)
- sessions.py: the days of a vote while nobody knows the real ones (推定の議決日)
"""
