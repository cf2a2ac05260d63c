"""How well masking covers annotated text: ``gold`` reads annotations, ``cover`` counts, ``matched`` compares spans."""
