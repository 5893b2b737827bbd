"""Ways to obtain the bytes of profiles: files, standard input, live processes."""
