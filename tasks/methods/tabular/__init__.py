"""Models of tables: features scaled by a public schema, a logistic model and a small MLP."""
