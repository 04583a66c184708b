"""The joint-cloud portal (共同クラウド管理ポータル).

What is imported here is imported inside the functions: the rules in `consortium.domain` can be
used, and tested, without Flask or a database.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import ModuleType

    from flask import Flask

    from config import Config
    from consortium.clock import Clock


def create_app(config: "Config", clock: "Clock") -> "Flask":
    """Put the portal together: the only place where everything meets."""
    from flask import Flask
    from flask_wtf.csrf import CSRFProtect

    from consortium.clock import CLOCK
    from consortium.db.engine import init_database
    from consortium.db.errors import BusyError
    from consortium.web import access, failures, locks, logged_in, navigation, security
    from consortium.web.filters import FILTERS

    app = Flask(__name__, static_folder=None, template_folder="web/templates")
    app.config.update(config.flask_settings())
    app.extensions[CLOCK] = clock
    app.jinja_env.filters.update(FILTERS)
    init_database(app)
    # In this order each request is refused: wrong host, unknown endpoint, missing CSRF token.
    security.init_security(app, config.allowed_hosts)
    access.init_access(app)
    CSRFProtect(app)
    logged_in.init_logins(app)
    navigation.init_navigation(app, is_sample=config.is_sample)
    locks.init_locks(app)
    failures.init_failures(app, BusyError)
    _register_pages(app)
    return app


def _register_pages(app: "Flask") -> None:
    from consortium.web import assets, converters, styleguide

    converters.init_converters(app)
    assets.init_assets(app)
    styleguide.init_styleguide(app)
    for subject in (
        *_entered(),
        *_computed(),
        *_planned(),
        *_paid(),
        *_read_by_towns(),
        *_joining(),
    ):
        app.register_blueprint(subject.pages)


def _entered() -> tuple["ModuleType", ...]:
    """Give the pages of what is registered and agreed (登録の画面)."""
    from consortium.web import (
        accounts,
        bases,
        costs,
        dampening,
        exchange,
        funding,
        invoices,
        members,
        registration,
        rule_editor,
        settings,
        terms,
        usage,
    )

    agreement = (rule_editor, funding, terms, dampening)
    return (
        accounts,
        members,
        registration,
        settings,
        bases,
        costs,
        invoices,
        exchange,
        usage,
        *agreement,
    )


def _computed() -> tuple["ModuleType", ...]:
    """Give the pages of what the office computes, issues and tries (算定の画面)."""
    from consortium.web import (
        closings,
        health,
        home,
        register,
        report_runs,
        runs,
        schedule_editing,
        schedules,
        simulator_cases,
    )

    return (
        home,
        health,
        runs,
        register,
        closings,
        schedules,
        schedule_editing,
        report_runs,
        simulator_cases,
    )


def _planned() -> tuple["ModuleType", ...]:
    """Give the pages of the office's year (暦と年間予定の画面)."""
    from consortium.web import closed_days, plan_making, standard_imports, year_plan, year_start

    return closed_days, year_plan, year_start, plan_making, standard_imports


def _paid() -> tuple["ModuleType", ...]:
    """Give the pages of what the towns pay (納付の画面)."""
    from consortium.web import (
        archives,
        instalments,
        notices,
        payment_imports,
        payments,
        settlements,
    )

    return payments, instalments, payment_imports, settlements, notices, archives


def _read_by_towns() -> tuple["ModuleType", ...]:
    """Give the pages of the towns (町村の画面)."""
    from consortium.web import (
        authenticity,
        base_figures,
        base_rounds,
        charges,
        feeds,
        inbox,
        outbox,
        questions,
        receipts,
        town,
    )

    figures, delivery = (base_figures, base_rounds), (receipts, outbox, feeds)
    return town, charges, inbox, questions, authenticity, *figures, *delivery


def _joining() -> tuple["ModuleType", ...]:
    """Give the pages of towns that are going to join (加入の画面)."""
    from consortium.web import (
        council_sessions,
        plan_changes,
        plan_comparing,
        plan_pictures,
        plan_records,
        plan_sheets,
        stage_templates,
    )

    changes = (plan_changes, plan_comparing)
    return *changes, plan_pictures, plan_records, plan_sheets, stage_templates, council_sessions
