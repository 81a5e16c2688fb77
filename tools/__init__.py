"""Programs that look after the repository; not part of the product."""
