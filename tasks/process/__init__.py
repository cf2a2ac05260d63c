"""A stage in a process of its own: how it is asked, how it answers, how it ends."""
