;;; check.el --- What both checks share  -*- lexical-binding: t; -*-

;; Run as: emacs -Q --batch -l check.el -l eglot-check.el, in the workspace, with
;; GOLEAK_SOURCE and GOLEAK_LINE (from 1) in the environment.  Prints one line of JSON.

(require 'json)
(require 'go-mode)
(require 'goleak)

(defconst check-source (getenv "GOLEAK_SOURCE"))
(defconst check-line (string-to-number (getenv "GOLEAK_LINE")))

(defun check-until (what condition)
  "Let the servers speak until CONDITION returns something, and return that; WHAT names it."
  (with-timeout (60 (error "Never came: %s" what))
    (let (seen)
      (while (not (setq seen (funcall condition)))
        (accept-process-output nil 0.05))
      seen)))

(defun check-open ()
  "Visit the file, with point on the channel of the leaking line."
  (find-file "main.go")
  (goto-char (point-min))
  (forward-line (1- check-line))
  (search-forward "<-"))

(defun check-stacks ()
  "What `goleak-show-stacks' shows."
  (goleak-show-stacks)
  (with-current-buffer "*goleak*" (buffer-string)))

(defun check-print (&rest values)
  "Print VALUES, a property list, for the test."
  (princ (concat (json-encode values) "\n")))
