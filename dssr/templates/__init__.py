"""Templates: forms for one kind of job each, which a site or a user has prepared. Their fields, and
where they are kept."""
