"""Many submissions: read a class, grade it on a pool or a cluster, keep one result a submission, regrade."""
