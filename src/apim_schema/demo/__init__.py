"""What `apim-schema demo` needs besides the tool: rows that would expose a careless upgrade."""
