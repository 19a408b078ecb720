"""Ways of handing a message to a mail server."""
