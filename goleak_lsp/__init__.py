"""goleak-lsp: goroutine leaks from profiles, on their source lines, in the editor."""
