"""What needs attention now (洞察): the workbench and the choices of the query bars."""
