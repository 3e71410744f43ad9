"""The submission form: the fields that a user fills in -> the batch script that asks for them. The
portal, ``dssr submit`` and ``POST /api/v1/jobs/check`` share it."""
