"""The language: text in, `JobPlan` out. An allow-list; anything left over is an error with line and column. docs/sql.md."""
