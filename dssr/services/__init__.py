"""Services: web programs that run in jobs and stay up at one address."""
