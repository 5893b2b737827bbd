;;; lsp-mode-check.el --- lsp-mode, with the server as an add-on beside gopls  -*- lexical-binding: t; -*-

(require 'lsp-mode)
(require 'lsp-modeline)
(require 'lsp-diagnostics)
(require 'lsp-lens)
(require 'lsp-go)

(setq goleak-settings `(:sources [,check-source])
      lsp-session-file (expand-file-name "lsp-session" (getenv "XDG_CACHE_HOME"))
      lsp-guess-root-without-session t
      lsp-auto-guess-root t
      lsp-enable-snippet nil
      lsp-enable-file-watchers nil
      lsp-restart 'ignore)

(defun check-diagnostic ()
  "The server's diagnostic of this file."
  (seq-find (lambda (found) (equal (gethash "source" found) "goleak"))
            (gethash (buffer-file-name) (lsp-diagnostics))))

(defun check-lens ()
  "What a lens shows, as it stands in the buffer."
  (seq-some (lambda (overlay)
              (let ((shown (or (overlay-get overlay 'before-string) (overlay-get overlay 'after-string))))
                (and shown (string-search "goroutines" shown) (substring-no-properties shown))))
            (overlays-in (point-min) (point-max))))

(check-open)
(lsp)

(let* ((told (check-until "the diagnostic" #'check-diagnostic))
       (lens (progn (lsp-lens-mode 1) (check-until "the lens" #'check-lens)))
       (stacks (check-stacks))
       (hover (check-until "the hover of gopls"
                           (lambda ()
                             (let ((page (lsp-request "textDocument/hover" (lsp--text-document-position-params))))
                               (and (string-search "var ch" (format "%S" page)) page)))))
       (fixes (check-until "the quick fixes" (lambda () (lsp-get-or-calculate-code-actions "quickfix"))))
       (preferred (seq-find (lambda (fix) (gethash "isPreferred" fix)) fixes)))
  (lsp-execute-code-action preferred)
  (save-buffer)
  (check-print :message (gethash "message" told)
               :line (1+ (gethash "line" (gethash "start" (gethash "range" told))))
               :lens lens :stacks stacks
               :hover (format "%S" hover)
               :fixes (mapcar (lambda (fix) (gethash "title" fix)) fixes)))
