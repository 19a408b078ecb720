"""What is behind a pay link: the public API, the documents, the customer's answers, the pages."""
