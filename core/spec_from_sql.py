"""From the text of a job to the spec that is deployed."""

from .spec import JobSpec
from .sql.parse import parse_job
from .sql.plan import JobPlan


def spec_from_sql(sql: str, *, version: str | None = None, output_topic: str | None = None) -> tuple[str | None, JobSpec]:
    """The annotated name, if any, and the spec. Raises SqlError with code, line, column and hint."""
    plan = parse_job(sql, output_topic=output_topic)
    spec = JobSpec(
        sql,
        version or plan.version or "1",
        output_topic,
        plan.input_topics,
        plan.output_topics,
        plan.description,
        dict(plan.labels),
        plan.options.on_deadline,
        plan.options.on_retention,
    )
    return plan.name, spec


def plan_of(spec: JobSpec) -> JobPlan:
    """The plan a worker runs. Raises SqlError if this version can no longer read what an older one deployed."""
    return parse_job(spec.sql, output_topic=spec.output_topic)
