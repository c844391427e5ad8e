"""The verbs about rules that hold jobs by themselves."""

from dataclasses import asdict
from typing import Annotated, Any

import typer

from .app import Output, OutputOption, Verbs, app, connect
from .asked import CommandId, ExpectedVersion, Reason, SelectorOption
from .policy import adds_remove, seconds, tell

RuleName = Annotated[str, typer.Argument(help="Name of the rule.", show_default=False)]
MetricOption = Annotated[str, typer.Option(help="What it watches: lag, errors_per_min, dead_letters_per_min, memory_mb.")]
UpperOption = Annotated[int, typer.Option(help="It holds a job that is at so many or more.")]
LowerOption = Annotated[int, typer.Option(help="The job is well again at so many or fewer; below --upper.")]
ForOption = Annotated[str, typer.Option("--for", help="So long it must have been at --upper or more: 1m, 90s.")]
ReleaseOption = Annotated[
    str | None, typer.Option(help="Let go once it was at --lower or less for so long; without: a person lets go.")
]
WhichOption = Annotated[bool, typer.Option("--dry-run", help="Say which jobs it would hold now, and why; nothing changes.")]

rule = typer.Typer(cls=Verbs, help="Rules: jobs held while their lag, errors or memory are too high.", no_args_is_help=True)
app.add_typer(rule, name="rule")


@rule.command()
def add(
    name: RuleName,
    metric: MetricOption,
    upper: UpperOption,
    lower: LowerOption,
    for_: ForOption = "1m",
    release_after: ReleaseOption = None,
    selector: SelectorOption = None,
    reason: Reason = None,
    dry_run: WhichOption = False,
    command_id: CommandId = None,
    expected_version: ExpectedVersion = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """Add a rule, or change the one of that name. Jobs are held by `rule:NAME`."""
    from slackwater.core.policy.rule import Rule

    how: dict[str, Any] = {"dry_run": dry_run, "command_id": command_id, "expected_version": expected_version}
    with connect() as admin:
        for_s = seconds(admin, for_, dry_run=dry_run)
        release_s = None if release_after is None else seconds(admin, release_after, dry_run=dry_run)
        found = Rule(name, metric, upper, lower, for_s, release_s, selector, reason)
        result = admin.set_rule(**asdict(found), **how)
        watched = admin.watched_jobs(found)
    if dry_run:
        _show([found], watched, output)
    else:
        held = sum(one.would_hold for one in watched)
        tell(result, f"rule {name}: watches {len(watched)} jobs, {held} of them too high now", output)


@rule.command(name="list")
def list_rules(output: OutputOption = Output.TABLE) -> None:
    """Each rule with the jobs it watches: what it sees of them now, which it holds and which it would hold."""
    with connect() as admin:
        rules, watched = admin.policy().rules, admin.watched_jobs()
    _show(rules, watched, output)


adds_remove(rule, "rule")


def _show(rules: Any, watched: Any, output: Output) -> None:
    from slackwater.core.duration import duration_text

    from ..rules import now_text
    from .render import plain, show

    rows, cells = [], []
    for one in rules:
        seen = [each for each in watched if each.rule == one.name]
        rows.append({**plain(one), "hold": one.hold, "jobs": plain(seen)})
        ends = "a person" if one.release_s is None else f"{one.lower} or less for {duration_text(one.release_s)}"
        said = (one.name, f"{one.metric} {one.upper} or more for {duration_text(one.for_s)}", ends)
        cells += [(*said, each.job, each.value, now_text(each)) for each in seen]
        cells += [] if seen else [(*said, "", "", "watches no job")]
    show(rows, ("RULE", "HOLDS AT", "LETS GO AT", "JOB", "IS AT", "NOW"), cells, output)
