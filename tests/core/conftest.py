from tests.ledgers import ledger, ledger_url
from tests.postgres import postgres_server, postgres_url
from tests.s3 import s3_server, s3_url

__all__ = ["ledger", "ledger_url", "postgres_server", "postgres_url", "s3_server", "s3_url"]
