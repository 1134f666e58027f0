"""How each platform of the sandbox speaks (沙箱方言): its words, its signatures, its own error answers."""
