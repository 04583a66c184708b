"""The rules of joint use and its cost, in pure Python (業務の規則).

Standard library only: no database, no files, no clock, no settings.

- errors: what the portal says when it refuses (お断り)
- canonical: one text for one content (正規形)
- signs: signs that nobody sees (目に見えない文字)
- yen: whole yen and the one lossless division (円・端数)
- calendar: periods, fiscal years, eras (暦)
- municipality: codes, municipalities, memberships (団体)
- timeline: every value that changes by date, with its source (適用日・根拠)
- services: shared services and who takes part (共同サービス)
- sharing: who pays how much, and why (費用負担)
- fiscalyear: runs, their stages and states (算定・年度)
"""
