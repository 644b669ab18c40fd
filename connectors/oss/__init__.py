"""The national licensing system (OSS RBA): told what becomes of its licences."""
