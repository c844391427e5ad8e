"""Everything a person or a program asks with: `Admin`, `AsyncAdmin` and the command line over them."""
