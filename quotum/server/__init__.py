"""The server: one process that owns a history and answers everybody, over HTTP and on a page that moves."""
