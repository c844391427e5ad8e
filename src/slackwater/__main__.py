"""`python -m slackwater` is the `slackwater` command."""

from slackwater.admin.cli import main

main()
