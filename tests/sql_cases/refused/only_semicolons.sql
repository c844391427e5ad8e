-- fails: empty_statement at 1:1
;;
