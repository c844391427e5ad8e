"""parse_job: a job's text becomes its plan, or an error that says where and what to do."""

from typing import Final

from sqlglot import exp
from sqlglot.errors import ParseError, SqlglotError

from ..topic_name import is_topic_name
from .annotations import Annotations, read_annotations
from .dialect import Slackwater, hint_of_clause, name_of_clause
from .errors import SqlError, Text
from .plan import JobPlan, Output, Pipeline, Source
from .select import lower_select
from .statements import READ, Statement, split
from .types import common

TEXT_BYTES_MAX: Final = 256 * 1024
NESTING_MAX: Final = 100
SELECTS_MAX: Final = 100
TOPIC_HINT: Final = "1-249 of a-z A-Z 0-9 . _ -"
_SOURCE_PROPERTIES: Final = frozenset({"topic", "format", "timestamp"})
_OUTPUT_PROPERTIES: Final = frozenset({"topic", "format", "key"})


def parse_job(text: str, *, output_topic: str | None = None) -> JobPlan:
    """The plan of a job. A bare SELECT writes to `@output`, else to `output_topic`. Raises SqlError, and nothing else."""
    source = Text(text)
    _check_size(source)
    annotations = read_annotations(source)
    statements = split(source)
    if not statements:
        raise SqlError("empty_statement", "there is no statement in the text", hint="write CREATE STREAM … AS SELECT …")
    try:
        return _Builder(source, annotations, output_topic).build(statements)
    except RecursionError:
        raise SqlError("too_deep", "the text is nested too deeply", hint="take it apart") from None


def _check_size(text: Text) -> None:
    if len(text.text.encode("utf-8", "surrogatepass")) > TEXT_BYTES_MAX:
        raise SqlError("too_large", f"the text is larger than {TEXT_BYTES_MAX // 1024} KiB", hint="make it several jobs")
    depth = 0
    for offset, character in enumerate(text.text):
        depth += {"(": 1, ")": -1}.get(character, 0)
        if depth > NESTING_MAX:
            raise text.error("too_deep", f"nested deeper than {NESTING_MAX}", offset, "take it apart")
        if character == "\0" or "\ud800" <= character <= "\udfff":
            raise text.error("syntax_error", "a character that is no text", offset, "take it out")


class _Builder:
    def __init__(self, text: Text, annotations: Annotations, output_topic: str | None) -> None:
        self._text = text
        self._annotations = annotations
        self._options = annotations.options()
        self._output_topic = annotations.values.get("output", output_topic)
        self._sources: dict[str, Source] = {}
        self._outputs: dict[str, Output] = {}
        self._pipelines: list[Pipeline] = []
        self._shapes: dict[str, dict[str, str] | None] = {}

    def build(self, statements: list[Statement]) -> JobPlan:
        for statement in statements:
            if statement.select is None:
                self._declare(statement)
            else:
                self._write(statement, statement.select)
        if not self._pipelines:
            last = statements[-1].start
            raise self._text.error("empty_statement", "the text declares streams but has no SELECT", last, "add one")
        self._refuse_loops(statements)
        values = self._annotations.values
        return JobPlan(
            tuple(self._pipelines),
            values.get("name"),
            values.get("version"),
            values.get("description"),
            self._annotations.labels,
            self._options,
        )

    def _declare(self, statement: Statement) -> None:
        name, properties = statement.name or "", statement.properties
        self._check_properties(statement, _SOURCE_PROPERTIES)
        if statement.columns is None:
            hint = f"CREATE STREAM {name} (column TYPE, …) WITH (topic='…')"
            raise self._text.error("no_columns", f"the stream {name} is declared without columns", statement.start, hint)
        if name in self._sources:
            raise self._text.error(
                "duplicate_name", f"the stream {name} is declared twice", statement.start, "declare it once"
            )
        timestamp = properties.get("timestamp")
        if timestamp is not None and timestamp not in {column.name for column in statement.columns}:
            hint = f"{name} has {', '.join(column.name for column in statement.columns)[:300]}"
            raise self._text.error(
                "unknown_column", f"timestamp='{timestamp}' is no column of {name}", statement.start, hint
            )
        self._sources[name] = Source(name, properties.get("topic", name), statement.columns, timestamp)

    def _write(self, statement: Statement, select: str) -> None:
        self._check_properties(statement, _OUTPUT_PROPERTIES)
        if statement.columns is not None:
            hint = "the SELECT says what the columns are"
            raise self._text.error("unsupported_clause", "columns and AS SELECT together", statement.start, hint)
        output = self._output(statement)
        branches = self._branches(select)
        keys = statement.keys if len(statement.keys) == len(branches) else (frozenset[int](),) * len(branches)
        for node, marked in zip(branches, keys, strict=True):
            if len(self._pipelines) == SELECTS_MAX:
                raise self._text.error_at("too_large", f"more than {SELECTS_MAX} SELECTs", node, "make it several jobs")
            self._refuse_cascade(node)
            pipeline = lower_select(
                self._text,
                node,
                self._sources,
                output,
                marked,
                statement.properties.get("key"),
                self._options.deterministic,
            )
            if pipeline.source.topic == output.topic:
                raise self._loop(output.topic, node.find(exp.Table))
            self._check_alike(pipeline, node)
            self._pipelines.append(pipeline)

    def _refuse_cascade(self, node: exp.Select) -> None:
        for table in node.find_all(exp.Table):
            if table.name in self._outputs and table.name not in self._sources:
                hint = "write two jobs: one that writes the topic, one that reads it"
                message = f"{table.name} is what this job writes"
                code = "self_loop" if self._outputs[table.name].topic == table.name else "cascade"
                raise self._text.error_at(code, message, table, hint)

    def _check_alike(self, pipeline: Pipeline, node: exp.Select) -> None:
        """What goes into one stream has one shape: fields with the same names and types, in any order."""
        fields = _fields(pipeline)
        first = self._shapes.setdefault(pipeline.output.topic, fields)
        if first is None or fields is None:
            if first is not fields:
                hint = "name the fields in each SELECT"
                raise self._text.error_at("not_alike", "SELECT * and named fields go into one stream", node, hint)
            return
        for name in [*first, *fields]:
            there, here = first.get(name), fields.get(name)
            if there is None or here is None or common(there, here) is None:
                into = pipeline.output.name
                message = f"the field {name} is {here or 'missing'} here, {there or 'missing'} in what else goes into {into}"
                hint = "give every field in each, CAST to the same type"
                raise self._text.error_at("not_alike", message, node, hint)

    def _output(self, statement: Statement) -> Output:
        name = statement.name
        if name is None:
            if self._output_topic is None:
                hint = "write CREATE STREAM big WITH (topic='big') AS SELECT …, or -- @output: big"
                raise self._text.error("no_output", "a bare SELECT does not say where to write", statement.start, hint)
            return self._checked(statement, Output(self._output_topic, self._output_topic))
        declared = self._sources.get(name)
        if declared is not None and statement.properties:
            raise self._text.error("duplicate_name", f"the stream {name} is declared twice", statement.start, "INSERT INTO")
        known = self._outputs.get(name)
        if known is not None and statement.properties:
            raise self._text.error("duplicate_name", f"the stream {name} is made twice", statement.start, "INSERT INTO")
        if declared is not None:
            known = Output(name, declared.topic)
            self._shapes[known.topic] = {column.name: column.type for column in declared.columns or ()}
        elif known is None:
            known = Output(name, statement.properties.get("topic", name))
            self._outputs[name] = known
        return self._checked(statement, known)

    def _checked(self, statement: Statement, output: Output) -> Output:
        if not is_topic_name(output.topic):
            message = f"{output.topic[:60]!r} cannot be a topic"
            raise self._text.error("bad_topic", message, statement.start, TOPIC_HINT)
        return output

    def _branches(self, select: str) -> list[exp.Select]:
        try:
            parsed = Slackwater().parse(select)
        except ParseError as error:
            first = error.errors[0] if error.errors else {}
            line, end = first.get("line") or 1, first.get("col") or 1
            column = max(1, end - len(str(first.get("highlight") or " ")) + 1)
            message = str(first.get("description") or "not SQL").partition(" but got <")[0].partition(" for <")[0][:200]
            raise self._text.error_in_line("syntax_error", message, line, column, READ) from None
        except (SqlglotError, ValueError, AttributeError, TypeError) as error:
            raise SqlError("syntax_error", f"not SQL: {str(error)[:120]}", hint=READ) from None
        return self._flat(parsed[0])

    def _flat(self, node: exp.Expr | None) -> list[exp.Select]:
        if isinstance(node, exp.Select):
            return [node]
        if isinstance(node, exp.Union) and node.args.get("distinct") is False:
            for name, value in node.args.items():
                if name not in {"this", "expression", "distinct"} and value:
                    message = f"{name_of_clause(name)} is not supported"
                    raise self._text.error_at("unsupported_clause", message, node, hint_of_clause(name))
            return [*self._flat(node.this), *self._flat(node.expression)]
        hint = "UNION ALL puts streams together" if isinstance(node, exp.SetOperation) else "write SELECT …"
        raise self._text.error_at("unsupported_clause", "only SELECT and UNION ALL are supported", node, hint)

    def _check_properties(self, statement: Statement, known: frozenset[str]) -> None:
        for name, value in statement.properties.items():
            if name not in known:
                hint = f"known: {', '.join(sorted(known))}"
                raise self._text.error("unknown_property", f"unknown property {name} in WITH", statement.start, hint)
            if name == "format" and value.lower() != "json":
                raise self._text.error(
                    "unknown_property", f"format {value[:30]!r} is not supported", statement.start, "json"
                )
            if name == "topic" and not is_topic_name(value):
                raise self._text.error("bad_topic", f"{value[:60]!r} cannot be a topic", statement.start, TOPIC_HINT)

    def _loop(self, topic: str, node: exp.Expr | None, start: int = 0) -> SqlError:
        hint = "write to another topic; what one job writes another can read"
        message = f"the job would read what it writes: {topic}"
        if node is None:
            return self._text.error("self_loop", message, start, hint)
        return self._text.error_at("self_loop", message, node, hint)

    def _refuse_loops(self, statements: list[Statement]) -> None:
        inputs = {pipeline.source.topic for pipeline in self._pipelines}
        outputs = {pipeline.output.topic for pipeline in self._pipelines} | {self._options.dead_letter_topic}
        for topic in sorted(inputs & outputs - {None}):
            raise self._loop(str(topic), None, statements[-1].start)
        for pipeline in self._pipelines:
            if not is_topic_name(pipeline.source.topic):
                message = f"{pipeline.source.topic[:60]!r} cannot be a topic"
                raise self._text.error("bad_topic", message, statements[-1].start, "declare the stream WITH (topic='…')")


def _fields(pipeline: Pipeline) -> dict[str, str] | None:
    return None if pipeline.select is None else {item.name: item.type for item in pipeline.select}
