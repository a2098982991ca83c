"""Oracle 12.2 to 23ai: see `apim_schema.dialect` for what each module is for."""
