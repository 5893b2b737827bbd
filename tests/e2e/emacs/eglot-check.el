;;; eglot-check.el --- eglot, with gopls and the server behind rass  -*- lexical-binding: t; -*-

(require 'eglot)

(setq-default eglot-workspace-configuration `(:goleak (:sources [,check-source])))
(setq eglot-confirm-server-edits nil
      eglot-sync-connect 30)

(check-open)
(apply #'eglot (eglot--guess-contact))
(flymake-mode 1)

(let* ((told (check-until
              "the diagnostic"
              (lambda ()
                (seq-find (lambda (found) (string-search "goroutines blocked" (flymake-diagnostic-text found)))
                          (flymake-diagnostics)))))
       (server (eglot-current-server))
       (line (line-number-at-pos (flymake-diagnostic-beg told)))
       (stacks (check-stacks))
       (hover (jsonrpc-request server :textDocument/hover (eglot--TextDocumentPositionParams)))
       (fixes (check-until "the quick fixes" (lambda () (eglot-code-actions (point) (point) "quickfix"))))
       (preferred (seq-find (lambda (fix) (plist-get fix :isPreferred)) fixes)))
  (eglot-execute server preferred)
  (save-buffer)
  (check-print :message (flymake-diagnostic-text told) :line line :stacks stacks
               :hover (format "%S" hover)
               :fixes (mapcar (lambda (fix) (plist-get fix :title)) fixes))
  (eglot-shutdown server))
