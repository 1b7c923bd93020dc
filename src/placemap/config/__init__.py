"""What people declare: YAML → System, every mistake at file:line:column."""
