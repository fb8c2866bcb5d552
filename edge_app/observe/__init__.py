"""What people see: logs, tables."""
