"""Would it have gone otherwise: one incident, one act from one moment on, and the futures with and without it."""
