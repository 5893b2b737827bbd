"""What Go source says: functions, operations that block, channels. The only user of tree-sitter."""
