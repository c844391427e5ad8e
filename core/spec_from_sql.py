"""From the text of a job to the spec that is deployed: the same at every door."""

from .commands import BAD_JOB_ID, is_job_id
from .spec import UNNAMED, JobSpec
from .sql.errors import SqlError
from .sql.parse import parse_job
from .sql.plan import JobPlan
from .topic_name import is_topic_name


def spec_from_sql(
    sql: str, job: str, *, version: str | None = None, topic: str | None = None, output_topic: str | None = None
) -> tuple[str | None, JobSpec]:
    """The annotated name, if any, and the spec. Raises SqlError with code, line, column and hint.

    `topic`, if given, must be one that the text reads. A bare SELECT writes to `output_topic`, which is `<job>.output`
    unless the deployer says otherwise.
    """
    if not is_job_id(job):
        raise SqlError(BAD_JOB_ID, f"{job[:70]!r} cannot be a job", hint="1-63 of a-z 0-9 . _ -")
    if output_topic is None:
        output_topic = f"{job}.output"
    elif not is_topic_name(output_topic):
        raise SqlError("bad_topic", f"{output_topic[:60]!r} cannot be a topic", hint="1-249 of a-z A-Z 0-9 . _ -")
    plan = parse_job(sql, output_topic=output_topic)
    if topic is not None and topic not in plan.input_topics:
        reads = f"it reads {', '.join(plan.input_topics)}"
        raise SqlError("topic_not_read", f"the job does not read the topic {topic[:60]}", hint=reads)
    spec = JobSpec(
        sql,
        version or plan.version or UNNAMED,
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
