"""Printing (打印): documents as PDF, with a Chinese font that comes along."""
