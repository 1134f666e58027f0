"""Outside systems' dialects (连接器): one folder each, so that the rooms never see a platform's field."""
