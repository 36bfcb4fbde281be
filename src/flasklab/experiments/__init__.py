"""What an author writes: the decorator, the signature as JSON Schema, discovery, parameters as values.

May import `runs`, `config` and `errors`. Never Flask, SQLAlchemy or a process of the lab. `description`,
`catalog` and `parameters` are read by the web process: they import neither Pydantic nor an experiment.
"""
