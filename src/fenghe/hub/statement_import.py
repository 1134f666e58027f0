"""stub"""
def import_statement(connection, path, plan, report, *, actor, note): raise NotImplementedError
