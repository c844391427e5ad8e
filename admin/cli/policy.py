"""The verbs about many jobs at once: the feature flag of pausing, and maintenance windows."""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated, Any, Final

import typer

from slackwater.core.policy.policy import POLICY_ID
from slackwater.core.policy.window import ZONE, Window

from ..errors import Usage
from .app import Output, OutputOption, Verbs, app, connect
from .asked import CommandId, DryRunOption, ExpectedVersion, Reason, SelectorOption

ModeArgument = Annotated[
    str | None, typer.Argument(metavar="MODE", help="On for all, some or none; without: show it.", show_default=False)
]
PercentOption = Annotated[int, typer.Option(help="Of `some`: so many of all jobs, always the same ones.")]
OtherwiseOption = Annotated[str, typer.Option(help="Where it is off: refuse a pause, or stop (and start) instead.")]
REFUSE: Final = "refuse"
WindowName = Annotated[str, typer.Argument(help="Name of the window.", show_default=False)]
CronOption = Annotated[str, typer.Option(help='When it opens: minute hour day month weekday, like "30 2 * * *".')]
ZoneOption = Annotated[str, typer.Option(help="On whose clock: UTC, Europe/Berlin.")]
LastsOption = Annotated[str, typer.Option("--for", help="How long it is open: 30m, 2h.")]
CountOption = Annotated[int, typer.Option("--next", min=0, max=1000, help="So many occurrences to come of each window.")]

window = typer.Typer(cls=Verbs, help="Maintenance windows: jobs held at times that come again.", no_args_is_help=True)
app.add_typer(window, name="window")


@app.command()
def flag(
    mode: ModeArgument = None,
    selector: SelectorOption = None,
    percent: PercentOption = 100,
    otherwise: OtherwiseOption = REFUSE,
    reason: Reason = None,
    dry_run: DryRunOption = False,
    command_id: CommandId = None,
    expected_version: ExpectedVersion = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """For which jobs pausing is on. What is held can always be let go."""
    from ..policy import flag_text
    from .render import one, plain

    with connect() as admin:
        if mode is not None:
            how: dict[str, Any] = {"selector": selector, "percent": percent, "otherwise": otherwise, "reason": reason}
            how |= {"dry_run": dry_run, "command_id": command_id, "expected_version": expected_version}
            tell(admin.set_flag(mode, **how), f"pausing is on for {mode}", output, dry_run=dry_run)
            return
        said = (selector, percent, otherwise, reason, dry_run, command_id, expected_version)
        if said != (None, 100, REFUSE, None, False, None, None):
            raise Usage("usage", "for which jobs?", hint="slackwater flag some --percent 10")
        policy = admin.policy()
    if not one({"name": "flag", **plain(policy.flag), "since": policy.since, "by": policy.by or None}, output):
        typer.echo(flag_text(policy.flag))


@window.command()
def add(
    name: WindowName,
    cron: CronOption,
    for_: LastsOption,
    zone: ZoneOption = ZONE,
    selector: SelectorOption = None,
    reason: Reason = None,
    dry_run: DryRunOption = False,
    command_id: CommandId = None,
    expected_version: ExpectedVersion = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """Add a window, or change the one of that name. Jobs are held by `window:NAME` while it is open."""
    with connect() as admin:
        found = Window(name, cron, zone, seconds(admin, for_, dry_run=dry_run), selector, reason)
        how = {"dry_run": dry_run, "command_id": command_id, "expected_version": expected_version}
        result = admin.set_window(**asdict(found), **how)
        policy = admin.policy()
        chosen = [one for one in admin.list_jobs() if policy.reaches(found, one.name, one.labels)]
    opens = next(found.after(datetime.now(UTC))).begins
    tell(result, f"window {name}: opens {_local(opens)}, {len(chosen)} jobs", output, dry_run=dry_run)


@window.command(name="list")
def list_windows(count: CountOption = 3, output: OutputOption = Output.TABLE) -> None:
    """What is open and what comes, with the jobs each occurrence holds."""
    from .render import plain, show

    with connect() as admin:
        policy, upcoming = admin.policy(), admin.upcoming_windows(count)
    rows, cells = [], []
    for one in policy.windows:
        comes = [found for found in upcoming if found.name == one.name]
        jobs = list(comes[0].jobs) if comes else []
        times = [{"begins": found.begins, "ends": found.ends, "is_open": found.is_open} for found in comes]
        rows.append({**plain(one), "hold": one.hold, "jobs": jobs, "occurrences": plain(times)})
        what = (f"{one.cron} {one.zone}", one.selector or "every job", ", ".join(jobs), one.reason)
        cells += [(one.name, "now" if found.is_open else _local(found.begins), _local(found.ends), *what) for found in comes]
    show(rows, ("NAME", "OPENS", "UNTIL", "CRON", "CHOOSES", "HOLDS", "REASON"), cells, output)


def adds_remove(verbs: typer.Typer, noun: str, *, ends: str = "") -> None:
    """The verb `remove` of what the policy has by name: `Admin.remove_<noun>`. `ends`: when a hold is over anyway."""

    @verbs.command(
        help=f"Take a {noun} away. Jobs it holds now stay held{ends}: release them by `resume --hold {noun}:NAME`."
    )
    def remove(
        name: Annotated[str, typer.Argument(help=f"Name of the {noun}.", show_default=False)],
        reason: Reason = None,
        dry_run: DryRunOption = False,
        command_id: CommandId = None,
        expected_version: ExpectedVersion = None,
        output: OutputOption = Output.TABLE,
    ) -> None:
        how = {"reason": reason, "dry_run": dry_run, "command_id": command_id, "expected_version": expected_version}
        with connect() as admin:
            result = getattr(admin, f"remove_{noun}")(name, **how)
        tell(result, f"{noun} {name} is gone", output, f"there is no {noun} {name}", dry_run=dry_run)


adds_remove(window, "window", ends=" until its end")


def seconds(admin: Any, text: str, *, dry_run: bool = False) -> int:
    """A length of time that the policy is to have. Raises InvalidCommand `bad_policy`, which the log remembers."""
    from slackwater.core.duration import HINT, duration_s

    try:
        return duration_s(text)
    except ValueError as error:
        raise admin.turn_away(POLICY_ID, "bad_policy", str(error), HINT, dry_run=dry_run) from None


def tell(result: Any, done: str, output: Output, already: str = "", *, dry_run: bool = False) -> None:
    """What a change of the policy came to, or would."""
    from .render import one

    if not one(result, output):
        is_so = f"already so: {already}" if already else "already so"
        typer.echo(f"{'it would be: ' if dry_run else ''}{done}" if result.changed else is_so)


def _local(at: datetime) -> str:
    """On the clock of whoever reads it."""
    return f"{at.astimezone():%a %Y-%m-%d %H:%M}"
