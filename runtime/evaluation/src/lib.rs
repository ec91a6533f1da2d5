//! What is made of many trials: arms, intervals, paired tests, reports.
