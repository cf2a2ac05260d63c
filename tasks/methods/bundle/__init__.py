"""What another team is handed: cards, bill of materials, signature, and the check of all of them."""
