;;; goleak.el --- Goroutine leaks on their lines, beside gopls  -*- lexical-binding: t; -*-

;; Package-Requires: ((emacs "29.1"))

;;; Commentary:

;; (require 'goleak) is all: eglot then runs gopls and goleak-lsp together through
;; the multiplexer rass, and lsp-mode takes goleak-lsp as an add-on beside gopls.
;; M-x goleak-show-stacks shows the stacks of the line at point.

;;; Code:

(declare-function eglot-current-server "eglot")
(declare-function eglot-path-to-uri "eglot")
(declare-function jsonrpc-request "jsonrpc")
(declare-function lsp--buffer-uri "lsp-mode")
(declare-function lsp-activate-on "lsp-mode")
(declare-function lsp-register-client "lsp-mode")
(declare-function lsp-request "lsp-mode")
(declare-function lsp-stdio-connection "lsp-mode")
(declare-function make-lsp-client "lsp-mode")
(defvar eglot-server-programs)
(defvar lsp-language-id-configuration)

(defgroup goleak nil
  "Goroutine leaks on their lines."
  :group 'tools)

(defcustom goleak-command '("goleak-lsp")
  "The server and its arguments."
  :type '(repeat string))

(defcustom goleak-settings nil
  "The settings under lsp-mode, as a property list.
For example (:sources [\"http://localhost:6060\"]).  Under eglot they are
the section :goleak of `eglot-workspace-configuration'."
  :type 'plist)

;;;###autoload
(define-derived-mode goroutine-dump-mode text-mode "Goroutines"
  "Major mode for goroutine dumps.")

;;;###autoload
(add-to-list 'auto-mode-alist '("\\.goroutines?\\'" . goroutine-dump-mode))

(with-eval-after-load 'eglot
  (add-to-list 'eglot-server-programs
               `((go-mode go-ts-mode) . ("rass" "--" "gopls" "--" ,@goleak-command)))
  (add-to-list 'eglot-server-programs
               `((goroutine-dump-mode :language-id "goroutine-dump") . ,goleak-command)))

(with-eval-after-load 'lsp-mode
  (add-to-list 'lsp-language-id-configuration '(goroutine-dump-mode . "goroutine-dump"))
  (let ((handlers (make-hash-table :test 'equal)))
    (puthash "goleak.showStacks" (lambda (_action) (goleak-show-stacks)) handlers)
    (lsp-register-client
     (make-lsp-client :new-connection (lsp-stdio-connection (lambda () goleak-command))
                      :activation-fn (lsp-activate-on "go" "goroutine-dump")
                      :initialization-options (lambda () goleak-settings)
                      :action-handlers handlers
                      :add-on? t
                      :server-id 'goleak))))

(defun goleak--execute (command uri line)
  "What the server answers to COMMAND for LINE of URI."
  (if (bound-and-true-p lsp-mode)
      (lsp-request "workspace/executeCommand" `(:command ,command :arguments [,uri ,line]))
    (jsonrpc-request (or (eglot-current-server) (user-error "No language server runs here"))
                     :workspace/executeCommand `(:command ,command :arguments [,uri ,line]))))

(defun goleak--uri ()
  "The URI of this buffer's file."
  (if (bound-and-true-p lsp-mode) (lsp--buffer-uri) (eglot-path-to-uri buffer-file-name)))

;;;###autoload
(defun goleak-show-stacks ()
  "Show the stacks of the goroutines that are blocked on this line."
  (interactive)
  (let ((page (goleak--execute "goleak.showStacks" (goleak--uri) (1- (line-number-at-pos nil t)))))
    (if (member page '(nil ""))
        (message "No goroutines are known on this line")
      (with-current-buffer (get-buffer-create "*goleak*")
        (let ((inhibit-read-only t))
          (erase-buffer)
          (insert page)
          (goto-char (point-min)))
        (special-mode)
        (display-buffer (current-buffer))))))

(provide 'goleak)
;;; goleak.el ends here
