"""Numbers with a guarantee: noise on a cell, statistics of a column, and noise without ε, called so."""
